"""The grammar of the generated texts: rules in Python, every word and sentence in en/, ko/ and plots.toml."""
