"""Rules of transactional mail: what a template declares, what it is given, who may get it."""
