"""Files of records: opened, decompressed, decoded, and split into the requested columns.

Modules and packages, in the order in which data passes through:

    formats: a file's format, from its name
    content: the bytes of a regular file, hashed while they are read
    compression: compressed files as the bytes that they hold
    text: the lines of a text file
    header: the columns of a file
    flaw: a record, or its problem
    separated: records of CSV and TSV
    columns: the wanted columns of a file, read at once
    regular: columns of a regular CSV or TSV file
    objects: records of JSON
    columnar: records and columns of Parquet and Arrow, and the class names of their schemas
    records: the records of a file of any format, with their lines
    refusal: errors about a file, with line and hint
"""
