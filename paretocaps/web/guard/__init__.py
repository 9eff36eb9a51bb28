"""Who may do what to the service: tokens and roles, and what is refused before a route sees it."""
