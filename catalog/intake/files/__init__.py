"""Reading files: every line of a CSV, JSON Lines or XLSX file becomes a row, whole or with what is wrong."""
