"""From actor handles to typed async callables, one file per role. With driver/launch.py the only home of Ray."""
