"""Settings: keys and people of an agency, for its administrators; platforms and agencies, for operators."""
