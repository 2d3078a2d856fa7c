-- Fails if an invoice is lost or doubled on its way to Gold, or its amounts change, per currency.
with

invoices as (

    select
        currency,
        count(*) as row_count,
        sum(amount_due) as amount_due,
        sum(amount_paid) as amount_paid
    from {{ ref('fct_invoices') }}
    group by currency

),

staged as (

    select
        currency,
        count(*) as row_count,
        sum(amount_due) as amount_due,
        sum(amount_paid) as amount_paid
    from {{ ref('stg_payments__invoices') }}
    where not is_deleted
    group by currency

),

differences as (

    select coalesce(staged.currency, invoices.currency) as currency
    from staged
    full outer join invoices on staged.currency = invoices.currency
    where
        coalesce(staged.row_count, 0) != coalesce(invoices.row_count, 0)
        or coalesce(staged.amount_due, 0) != coalesce(invoices.amount_due, 0)
        or coalesce(staged.amount_paid, 0) != coalesce(invoices.amount_paid, 0)

)

select * from differences
