-- Fails if a key is lost or made up between raw and Silver.
{{ unbalanced_keys('zephyr') }}
