with

balance_transactions as (

    select * from {{ ref('stg_payments__balance_transactions') }}
    where not is_deleted

),

booking_sources as (

    select * from {{ ref('int_payments__booking_sources') }}

),

joined as (

    select
        -- ids
        balance_transactions.balance_transaction_id,
        balance_transactions.source_id,
        booking_sources.charge_id,

        -- strings
        balance_transactions.currency,
        balance_transactions.type,
        coalesce(booking_sources.source_type, 'other') as source_type,
        balance_transactions.reporting_category,
        balance_transactions.status,
        balance_transactions.status_phase,

        -- numerics
        balance_transactions.amount,
        balance_transactions.fee,
        balance_transactions.net,
        balance_transactions.exchange_rate,

        -- dates
        cast(balance_transactions.created_at as date) as created_date,

        -- timestamps
        balance_transactions.created_at,
        balance_transactions.available_at

    from balance_transactions
    left join booking_sources
        on balance_transactions.source_id = booking_sources.source_id

)

{{ only_changed('joined') }}
