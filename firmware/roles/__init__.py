"""What the box does, one file a role; each is optional and knows no port and no clock."""
