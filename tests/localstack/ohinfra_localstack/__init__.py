"""LocalStack plug-in: features that LocalStack lacks, and the behavior that AWS documents. README.md lists the modules.

A comment `# Rule: name` marks the code that enforces a rule of AWS. `tests/` has one test for each rule, with its source. A comment
`# Limit:` marks something that AWS supports and the plug-in does not.
"""
