"""The notebooks of the documentation, run as their readers do."""
