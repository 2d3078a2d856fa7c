-- Fails if a staged row has another currency or amount than the version in raw that it is made of.
-- Of several versions of one moment it is made of any.
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
    versions.id as key
from {{ source('raw_payments', table) }} as versions
inner join {{ ref(staged) }} as staged
    on
        versions.id = staged.{{ unique_key_of(staged) }}
        and {{ in_utc('versions._extracted_at') }} = staged.extracted_at
group by versions.id
having
    min(
        case
            when
                versions.currency is not distinct from staged.currency
                {%- for column in columns %}
                and versions.{{ column }} is not distinct from staged.{{ column }}
                {%- endfor %}
                then 0
            else 1
        end
    ) = 1
{{ 'union all' if not loop.last }}
{% endfor %}
