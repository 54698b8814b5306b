"""Where tasks come from: one folder or file per source, and the table of them in `source.py`."""
