"""The electrocardiography pack: corpus, questions, and the code that computes the keys of the checked items."""
