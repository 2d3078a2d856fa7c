with

balance_transactions as (

    select * from {{ ref('stg_payments__balance_transactions') }}
    where not is_deleted

),

booking_sources as (

    select * from {{ ref('int_payments__booking_sources') }}

),

touched as (

    select balance_transactions.*
    from balance_transactions
    {% if is_incremental() %}
    where
        balance_transactions.load_id > {{ newest_load() }}
        or balance_transactions.source_id in (
            select booking_sources.source_id
            from booking_sources
            where booking_sources.load_id > {{ newest_load() }}
        )
    {% endif %}

),

joined as (

    select
        -- ids
        touched.balance_transaction_id,
        touched.source_id,
        booking_sources.charge_id,

        -- strings
        touched.currency,
        touched.type,
        coalesce(booking_sources.source_type, 'other') as source_type,
        touched.reporting_category,
        touched.status,
        touched.status_phase,

        -- numerics
        touched.amount,
        touched.fee,
        touched.net,
        touched.exchange_rate,

        -- dates
        cast(touched.created_at as date) as created_date,

        -- timestamps
        touched.created_at,
        touched.available_at,

        -- lineage
        greatest(touched.load_id, coalesce(booking_sources.load_id, '')) as load_id

    from touched
    left join booking_sources on touched.source_id = booking_sources.source_id

)

select * from joined
