"""What all pages share: their frame, their state in the URL, the player, common controls, and work that lasts."""
