"""What watches a run on a cluster: the dashboard and the alerts, made from the table in `actors/handles/series.py`."""
