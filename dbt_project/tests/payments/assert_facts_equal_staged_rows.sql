-- Fails if a refund, dispute, payout or movement of the balance is lost or doubled on its way to
-- Gold, or its amount changes, per currency.
with

{% set facts = {
    'fct_refunds': 'stg_payments__refunds',
    'fct_disputes': 'stg_payments__disputes',
    'fct_payouts': 'stg_payments__payouts',
    'fct_balance_transactions': 'stg_payments__balance_transactions',
} %}
signed as (

    {% for fact, staged in facts.items() %}
    select
        '{{ fact }}' as fact,
        currency,
        1 as row_count,
        amount
    from {{ ref(fact) }}

    union all

    select
        '{{ fact }}' as fact,
        currency,
        -1 as row_count,
        -amount as amount
    from {{ ref(staged) }}
    where not is_deleted
    {{ '' if loop.last else 'union all' }}
    {% endfor %}

),

differences as (

    select
        fact,
        currency,
        sum(row_count) as row_count,
        sum(amount) as amount
    from signed
    group by fact, currency
    having sum(row_count) != 0 or sum(amount) != 0

)

select * from differences
