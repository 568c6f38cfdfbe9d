"""The client inside of the servers that its users run: gunicorn, Celery, and behind tinyproxy."""
