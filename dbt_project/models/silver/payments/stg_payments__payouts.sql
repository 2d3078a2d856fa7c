with

payouts as (

    {{
        newest_version(
            source('raw_payments', 'payouts'),
            source('raw_payments', '_dlt_loads')
        )
    }}

),

renamed as (

    select
        -- ids
        id as payout_id,
        balance_transaction as balance_transaction_id,
        failure_balance_transaction as failure_balance_transaction_id,
        destination as destination_id,

        -- strings
        currency,
        status,
        failure_code,
        method,

        -- numerics
        amount,

        -- booleans
        automatic as is_automatic,
        livemode as is_livemode,

        -- dates
        cast({{ from_epoch_seconds('arrival_date') }} as date) as arrival_date,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,

        -- lineage
        _run_id as run_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from payouts

)

select * from renamed
