-- Fails if a staged row has another currency or amount than the newest version of its key in raw.
{% set amounts = {
    'charges': ['amount', 'amount_captured', 'amount_refunded'],
    'payment_intents': ['amount', 'amount_received'],
    'invoices': ['amount_due', 'amount_paid', 'amount_remaining', 'total'],
    'invoice_payments': ['amount_paid', 'amount_requested'],
    'refunds': ['amount'],
    'disputes': ['amount'],
    'payouts': ['amount'],
    'balance_transactions': ['amount', 'fee', 'net'],
} %}
{% for table, columns in amounts.items() %}
{% set staged = 'stg_payments__' ~ table %}
select
    '{{ staged }}' as model,
    newest.id as key
from ({{ newest_versions('payments', table) }}) as newest
inner join {{ ref(staged) }} as staged on newest.id = staged.{{ unique_key_of(staged) }}
where
    newest.currency is distinct from staged.currency
    {%- for column in columns %}
    or newest.{{ column }} is distinct from staged.{{ column }}
    {%- endfor %}
{{ 'union all' if not loop.last }}
{% endfor %}
