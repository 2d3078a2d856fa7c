with

refunds as (

    {{
        newest_version(
            source('raw_payments', 'refunds'),
            source('raw_payments', '_dlt_loads')
        )
    }}

),

renamed as (

    select
        -- ids
        id as refund_id,
        charge as charge_id,
        payment_intent as payment_intent_id,
        balance_transaction as balance_transaction_id,
        failure_balance_transaction as failure_balance_transaction_id,

        -- strings
        currency,
        status,
        reason,
        failure_reason,

        -- numerics
        amount,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,

        -- lineage
        _run_id as run_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from refunds

)

select * from renamed
