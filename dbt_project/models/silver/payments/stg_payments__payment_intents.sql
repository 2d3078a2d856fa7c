with

payment_intents as (

    {{ newest_versions('payments', 'payment_intents') }}

),

statuses as (

    select * from {{ ref('statuses') }}
    where object = 'payment_intent'

),

renamed as (

    select
        -- ids
        id as payment_intent_id,
        customer as customer_id,
        invoice as invoice_id,
        latest_charge as latest_charge_id,
        payment_method as payment_method_id,

        -- strings
        currency,
        status,
        cancellation_reason,
        capture_method,
        {{ json_value('last_payment_error', '$.code') }} as last_error_code,
        {{ json_value('last_payment_error', '$.decline_code') }} as last_decline_code,

        -- numerics
        amount,
        amount_received,
        amount_capturable,

        -- booleans
        _is_deleted as is_deleted,
        livemode as is_livemode,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{ from_epoch_seconds('canceled_at') }} as canceled_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from payment_intents

),

with_phase as (

    select
        renamed.*,
        coalesce(statuses.phase, 'unknown') as status_phase
    from renamed
    left join statuses on renamed.status = statuses.status

)

select * from with_phase
