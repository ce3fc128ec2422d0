"""The mutation study: every theorem corrupted in every usual way, and who notices."""
