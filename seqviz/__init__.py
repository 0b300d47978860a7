"""SeqViz: a laboratory for recurrent networks that shows their real tensors."""
