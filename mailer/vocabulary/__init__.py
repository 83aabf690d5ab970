"""What mail says, by language, as data: tables with examples that run as tests.

Whoever knows a language can add to them without knowing the code. Read once, when first asked for.
"""
