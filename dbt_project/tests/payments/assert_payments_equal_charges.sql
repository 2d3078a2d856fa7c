-- Fails if a charge is lost or doubled on its way to Gold, or its amounts change, per currency.
with

payments as (

    select
        currency,
        count(*) as row_count,
        sum(amount) as amount,
        sum(amount_refunded) as amount_refunded
    from {{ ref('fct_payments') }}
    group by currency

),

charges as (

    select
        currency,
        count(*) as row_count,
        sum(amount) as amount,
        sum(amount_refunded) as amount_refunded
    from {{ ref('stg_payments__charges') }}
    where not is_deleted
    group by currency

),

differences as (

    select coalesce(charges.currency, payments.currency) as currency
    from charges
    full outer join payments on charges.currency = payments.currency
    where
        coalesce(charges.row_count, 0) != coalesce(payments.row_count, 0)
        or coalesce(charges.amount, 0) != coalesce(payments.amount, 0)
        or coalesce(charges.amount_refunded, 0) != coalesce(payments.amount_refunded, 0)

)

select * from differences
