"""What a request's trace says: its spans as a tree, and where its time went. Pure, but for `reader`, which asks X-Ray."""
