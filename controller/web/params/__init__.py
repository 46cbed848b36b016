"""Parameters on the page: read, documented, changed with read-back, saved, compared, loaded and undone."""
