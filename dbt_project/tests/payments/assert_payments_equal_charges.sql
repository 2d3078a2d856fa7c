-- Fails if a charge is lost or doubled on its way to Gold, or its amounts change, per currency.
{{ unequal_totals('fct_payments', 'stg_payments__charges', ['amount', 'amount_refunded']) }}
