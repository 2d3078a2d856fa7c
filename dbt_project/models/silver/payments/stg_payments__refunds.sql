with

refunds as (

    {{ newest_versions('payments', 'refunds') }}

),

statuses as (

    select * from {{ ref('statuses') }}
    where object = 'refund'

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

        -- booleans
        _is_deleted as is_deleted,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from refunds

),

with_phase as (

    select
        renamed.*,
        coalesce(statuses.phase, 'unknown') as status_phase
    from renamed
    left join statuses on renamed.status = statuses.status

)

select * from with_phase
