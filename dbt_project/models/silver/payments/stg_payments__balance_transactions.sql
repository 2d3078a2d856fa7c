with

balance_transactions as (

    {{ newest_versions('payments', 'balance_transactions') }}

),

statuses as (

    select * from {{ ref('statuses') }}
    where object = 'balance_transaction'

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

        -- booleans
        _is_deleted as is_deleted,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{ from_epoch_seconds('available_on') }} as available_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from balance_transactions

),

with_phase as (

    select
        renamed.*,
        coalesce(statuses.phase, 'unknown') as status_phase
    from renamed
    left join statuses on renamed.status = statuses.status

)

select * from with_phase
