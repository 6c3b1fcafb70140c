"""One person is one person (PLT-16): the keys people and companies are known by, who looks like whom, and merging them."""
