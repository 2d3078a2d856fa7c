with

payments as (

    select * from {{ ref('fct_payments') }}

),

refunds as (

    select * from {{ ref('stg_payments__refunds') }}

),

disputes as (

    select * from {{ ref('stg_payments__disputes') }}

),

balance_transactions as (

    select * from {{ ref('stg_payments__balance_transactions') }}

),

balance_transaction_types as (

    select * from {{ ref('balance_transaction_types') }}

),

currencies as (

    select * from {{ ref('currencies') }}

),

earning_movements as (

    select
        balance_transactions.created_at,
        balance_transactions.currency,
        balance_transactions.amount,
        balance_transactions.fee,
        balance_transactions.net,
        disputes.dispute_id is not null as is_dispute
    from balance_transactions
    left join balance_transaction_types
        on balance_transactions.type = balance_transaction_types.type
    left join disputes
        on balance_transactions.source_id = disputes.dispute_id
    -- A type the seed does not know counts: a missing row would be missed by nobody.
    where coalesce(balance_transaction_types.is_earning, true)

),

-- One row per thing that happened: when, in which currency, what, and how much.
entries as (

    select
        created_at,
        currency,
        'payment' as measure,
        amount_captured as amount
    from payments
    where is_successful

    union all

    select
        created_at,
        currency,
        'refund' as measure,
        amount
    from refunds
    where status in ('succeeded', 'pending')

    union all

    select
        created_at,
        currency,
        'dispute' as measure,
        amount
    from disputes

    union all

    select
        created_at,
        currency,
        'dispute lost' as measure,
        amount
    from disputes
    where status = 'lost'

    union all

    select
        created_at,
        currency,
        case when amount < 0 then 'dispute withdrawn' else 'dispute reinstated' end as measure,
        abs(amount) as amount
    from earning_movements
    where is_dispute

    union all

    select
        created_at,
        currency,
        'fee' as measure,
        fee as amount
    from earning_movements

    union all

    select
        created_at,
        currency,
        'net' as measure,
        net as amount
    from earning_movements

),

daily as (

    select
        cast(created_at as date) as revenue_date,
        currency,
        count(case when measure = 'payment' then 1 end) as successful_payment_count,
        {{ sum_of('payment') }} as gross_amount,
        count(case when measure = 'refund' then 1 end) as refund_count,
        {{ sum_of('refund') }} as refunded_amount,
        count(case when measure = 'dispute' then 1 end) as dispute_count,
        {{ sum_of('dispute lost') }} as disputes_lost_amount,
        {{ sum_of('dispute withdrawn') }} as disputes_withdrawn_amount,
        {{ sum_of('dispute reinstated') }} as disputes_reinstated_amount,
        {{ sum_of('fee') }} as fee_amount,
        {{ sum_of('net') }} as net_amount
    from entries
    group by revenue_date, currency

),

with_major_units as (

    select
        daily.*,
        {{ minor_to_major('daily.gross_amount', 'currencies.minor_digits') }} as gross_major,
        {{ minor_to_major('daily.refunded_amount', 'currencies.minor_digits') }} as refunded_major,
        {{ minor_to_major('daily.fee_amount', 'currencies.minor_digits') }} as fee_major,
        {{ minor_to_major('daily.net_amount', 'currencies.minor_digits') }} as net_major
    from daily
    left join currencies on daily.currency = currencies.currency

)

select * from with_major_units
