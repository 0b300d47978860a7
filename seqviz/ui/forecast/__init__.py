"""The page Forecast, one file a view."""
