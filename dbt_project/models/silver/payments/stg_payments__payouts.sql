with

payouts as (

    {{ newest_versions('payments', 'payouts') }}

),

statuses as (

    select * from {{ ref('statuses') }}
    where object = 'payout'

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
        _is_deleted as is_deleted,
        automatic as is_automatic,
        livemode as is_livemode,

        -- dates
        cast({{ from_epoch_seconds('arrival_date') }} as date) as arrival_date,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from payouts

),

with_phase as (

    select
        renamed.*,
        coalesce(statuses.phase, 'unknown') as status_phase
    from renamed
    left join statuses on renamed.status = statuses.status

)

select * from with_phase
