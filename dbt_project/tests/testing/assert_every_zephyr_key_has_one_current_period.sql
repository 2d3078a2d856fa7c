-- Fails if a history lacks the period that a staged key is in, has two of them, or has one of a key
-- that is gone.
{{ unbalanced_periods({
    'scd_zephyr__execution_statuses': 'stg_zephyr__executions',
    'scd_zephyr__releases': 'stg_zephyr__releases',
    'scd_zephyr__test_cases': 'stg_zephyr__test_cases',
}) }}
