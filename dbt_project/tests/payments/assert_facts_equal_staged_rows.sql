-- Fails if a refund, dispute, payout or movement of the balance is lost or doubled on its way to
-- Gold, or its amount changes, per currency.
{% set facts = {
    'fct_refunds': 'stg_payments__refunds',
    'fct_disputes': 'stg_payments__disputes',
    'fct_payouts': 'stg_payments__payouts',
    'fct_balance_transactions': 'stg_payments__balance_transactions',
} %}
{% for fact, staged in facts.items() %}
{{ unequal_totals(fact, staged, ['amount']) }}
{{ 'union all' if not loop.last }}
{% endfor %}
