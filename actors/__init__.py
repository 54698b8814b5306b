"""The roles of a run as ordinary classes; driver/launch.py makes Ray actors of them."""
