"""What runs in the process of a script itself, which nobody trusts once the script has begun."""
