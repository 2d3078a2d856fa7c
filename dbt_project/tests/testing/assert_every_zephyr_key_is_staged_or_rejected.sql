-- Fails if a key is lost or made up between raw and Silver, or an older version of it stands there.
{{ unbalanced_keys('zephyr') }}
