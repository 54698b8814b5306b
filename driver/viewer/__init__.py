"""The page on which a run is read while it goes on and after it: served on loopback, or as one file."""

from driver.viewer.server import serve_page
from driver.viewer.static_page import write_static_page

__all__ = ["serve_page", "write_static_page"]
