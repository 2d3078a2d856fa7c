-- Fails if the days of a currency do not add up to its payments, refunds and fees.
with

days as (

    select
        currency,
        sum(successful_payment_count) as payment_count,
        sum(gross_amount) as gross,
        sum(refunded_amount) as refunded,
        sum(fee_amount) as fee,
        sum(net_amount) as net
    from {{ ref('rpt_daily_revenue') }}
    group by currency

),

payments as (

    select
        currency,
        count(*) as payment_count,
        sum(amount_captured) as gross
    from {{ ref('fct_payments') }}
    where is_successful
    group by currency

),

refunds as (

    select
        currency,
        sum(amount) as refunded
    from {{ ref('stg_payments__refunds') }}
    where status in ('succeeded', 'pending')
    group by currency

),

movements as (

    select
        balance_transactions.currency,
        sum(balance_transactions.fee) as fee,
        sum(balance_transactions.net) as net
    from {{ ref('stg_payments__balance_transactions') }} as balance_transactions
    left join {{ ref('balance_transaction_types') }} as balance_transaction_types
        on balance_transactions.type = balance_transaction_types.type
    where coalesce(balance_transaction_types.is_earning, true)
    group by balance_transactions.currency

),

currencies as (

    select currency from days
    union distinct
    select currency from payments
    union distinct
    select currency from refunds
    union distinct
    select currency from movements

),

differences as (

    select currencies.currency
    from currencies
    left join days on currencies.currency = days.currency
    left join payments on currencies.currency = payments.currency
    left join refunds on currencies.currency = refunds.currency
    left join movements on currencies.currency = movements.currency
    where
        coalesce(days.payment_count, 0) != coalesce(payments.payment_count, 0)
        or coalesce(days.gross, 0) != coalesce(payments.gross, 0)
        or coalesce(days.refunded, 0) != coalesce(refunds.refunded, 0)
        or coalesce(days.fee, 0) != coalesce(movements.fee, 0)
        or coalesce(days.net, 0) != coalesce(movements.net, 0)

)

select * from differences
