"""What trains many networks to answer one question, and the statistics that judge the answers."""
