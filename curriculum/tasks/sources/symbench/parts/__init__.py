"""What several SymBench families share, or what would make one of them too long."""
