"""Tables of trials as laboratories keep them: text of several dialects, Parquet, Feather, Excel."""
