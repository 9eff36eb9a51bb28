"""Parts of networks that paretocaps finds by their entry points."""
