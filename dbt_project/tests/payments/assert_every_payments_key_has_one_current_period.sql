-- Fails if a history lacks the period that a staged key is in, has two of them, or has one of a key
-- that is gone.
{{ unbalanced_periods({
    'scd_payments__customers': 'stg_payments__customers',
    'scd_payments__invoices': 'stg_payments__invoices',
}) }}
