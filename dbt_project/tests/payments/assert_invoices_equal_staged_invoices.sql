-- Fails if an invoice is lost or doubled on its way to Gold, or its amounts change, per currency.
{{ unequal_totals('fct_invoices', 'stg_payments__invoices', ['amount_due', 'amount_paid']) }}
