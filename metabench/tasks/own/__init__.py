"""Tasks of one's own: rows from CSV, TSV, JSONL and Parquet files, each row checked."""
