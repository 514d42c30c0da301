"""The words the catalogue sorts by: subjects, grades, platforms and more, as dated data in three languages."""
