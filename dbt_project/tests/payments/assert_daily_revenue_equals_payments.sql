-- Fails if a day's revenue in a currency is not what its payments, refunds and bookings come to.
with

days as (

    select
        revenue_date,
        currency,
        successful_payment_count as payment_count,
        gross_amount as gross,
        refunded_amount as refunded,
        fee_amount as fee,
        net_amount as net
    from {{ ref('rpt_daily_revenue') }}

),

movements as (

    select
        created_date,
        currency,
        1 as payment_count,
        amount_captured as gross,
        0 as refunded,
        0 as fee,
        0 as net
    from {{ ref('fct_payments') }}
    where is_successful

    union all

    select
        created_date,
        currency,
        0 as payment_count,
        0 as gross,
        amount as refunded,
        0 as fee,
        0 as net
    from {{ ref('fct_refunds') }}
    where is_given_back

    union all

    select
        bookings.created_date,
        bookings.currency,
        0 as payment_count,
        0 as gross,
        0 as refunded,
        bookings.fee,
        bookings.net
    from {{ ref('fct_balance_transactions') }} as bookings
    left join {{ ref('balance_transaction_types') }} as kinds on bookings.type = kinds.type
    where coalesce(kinds.is_earning, true)

),

facts as (

    select
        created_date,
        currency,
        sum(payment_count) as payment_count,
        sum(gross) as gross,
        sum(refunded) as refunded,
        sum(fee) as fee,
        sum(net) as net
    from movements
    group by created_date, currency

),

differences as (

    select
        coalesce(days.revenue_date, facts.created_date) as revenue_date,
        coalesce(days.currency, facts.currency) as currency
    from days
    full outer join facts
        on days.revenue_date = facts.created_date and days.currency = facts.currency
    where
        coalesce(days.payment_count, 0) != coalesce(facts.payment_count, 0)
        or coalesce(days.gross, 0) != coalesce(facts.gross, 0)
        or coalesce(days.refunded, 0) != coalesce(facts.refunded, 0)
        or coalesce(days.fee, 0) != coalesce(facts.fee, 0)
        or coalesce(days.net, 0) != coalesce(facts.net, 0)

)

select * from differences
