with

balance_transactions as (

    {{
        newest_version(
            source('raw_payments', 'balance_transactions'),
            source('raw_payments', '_dlt_loads')
        )
    }}

),

renamed as (

    select
        -- ids
        id as balance_transaction_id,
        source as source_id,

        -- strings
        currency,
        type,
        reporting_category,
        status,

        -- numerics
        amount,
        fee,
        net,
        exchange_rate,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{ from_epoch_seconds('available_on') }} as available_at,

        -- lineage
        _run_id as run_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from balance_transactions

)

select * from renamed
